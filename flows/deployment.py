"""`python -m flows.deployment WORKSPACE`: waits for runs of retrain asked for in Prefect's pages, and runs them."""

import sys

from prefect.types.entrypoint import EntrypointType

from flows.retrain import retrain

NAME = "local"


def main(arguments: list[str]) -> int:
    """Serve the deployment `retrain/local` of a workspace until told to stop; one run at a time."""
    retrain.serve(
        name=NAME,
        parameters={"workspace": arguments[0]},
        description="Bring every stage up to date and register the model if the gate passes.",
        entrypoint_type=EntrypointType.MODULE_PATH,  # a file's path would put flows/ before all packages
        limit=1,
        print_starting_message=False,
        pause_on_shutdown=False,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
