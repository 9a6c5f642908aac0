"""Where the receiver listens"""

HOST, ROUTE = "127.0.0.1", "/mlflow"


def receiver_url(port: int) -> str:
    """What MLflow posts to."""
    return f"http://{HOST}:{port}{ROUTE}"


def health_url(port: int) -> str:
    """Answers when the receiver is there."""
    return f"http://{HOST}:{port}/health"
