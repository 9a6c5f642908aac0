"""Which pre-trained model everything starts from."""

from typing import Annotated

from pydantic import Field

from tasks.settings import settings


@settings
class BaseSettings:
    """The pre-trained encoder, named by its content."""

    id: str
    """Name on the hub, looked for in a local folder, then in an installed package, then on the hub."""
    revision: Annotated[str, Field(pattern=r"^[0-9a-f]{40}$")]
    """Commit of the hub's repository."""
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    """Digest of model.safetensors; of a base in several files, of what `sha256sum` prints for them and their index, in
    the order of names. Other bytes are refused."""
    folder: str | None = None
    """A local folder to look in first."""
    max_tokens: Annotated[int, Field(ge=8, le=8192)] = 128
    """Longer texts are cut here."""
    threads: Annotated[int, Field(ge=1, le=256)] = 2
    """CPU threads wherever the base runs. Another number gives other last bits, so it is pinned and recorded."""
