"""What each operation of the Lambda API does, one room per theme. `lablib.cloud.api.table` names them all."""
