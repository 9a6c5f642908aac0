"""The data that a version was measured on, by their md5, as DVC names them"""

from tasks.lineage.statement import Statement

TRAIN = "data/split/train.parquet"


def recorded_test(statement: Statement) -> tuple[str, str]:
    """Name and md5 of the test rows; "" if the statement does not tell."""
    for each in statement.materials.values():
        if each.get("annotations", {}).get("context") == "testing":
            return str(each["name"]), str(each["digest"].get("md5", ""))
    return "", ""


def recorded_train(statement: Statement) -> tuple[str, str]:
    """Name and md5 of the train rows as split made them; "" if the statement does not tell."""
    for stage in statement.stages:
        for each in stage["inputs"]:
            if stage["name"] == "evaluate" and each["name"] == TRAIN:
                return TRAIN, str(each["digest"].get("md5", ""))
    return "", ""
