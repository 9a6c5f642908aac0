"""Nothing is done after training."""

from typing import Literal

from tasks.finetune.post.base import Post
from tasks.settings import settings


@settings
class NoPost(Post):
    """The best epoch's weights are the model."""

    kind: Literal["none"] = "none"
