"""What is added to the loss; one file each. A new one is a file and a line here."""

from typing import Annotated

from pydantic import Field

from tasks.finetune.penalties.ewc import Ewc
from tasks.finetune.penalties.fgm import Fgm
from tasks.finetune.penalties.free_lb import FreeLb
from tasks.finetune.penalties.l2_sp import L2Sp
from tasks.finetune.penalties.pgd import Pgd
from tasks.finetune.penalties.r_drop import RDrop

AnyPenalty = Annotated[L2Sp | Ewc | RDrop | Fgm | Pgd | FreeLb, Field(discriminator="kind")]
