"""What is made of finished trainings. To add a step: write its file, then name it in AnyPost."""

from typing import Annotated

from pydantic import Field

from tasks.finetune.post.ensemble import Ensemble
from tasks.finetune.post.none import NoPost
from tasks.finetune.post.soup import Soup
from tasks.finetune.post.wise_ft import WiseFt

AnyPost = Annotated[NoPost | WiseFt | Soup | Ensemble, Field(discriminator="kind")]
