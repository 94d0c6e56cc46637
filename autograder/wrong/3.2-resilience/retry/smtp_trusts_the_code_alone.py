"""No reply, so try again, whatever the stage: the receipt arrives twice."""

CHECK = "retry.smtp_server"
REPLACE = [
    ('return error.stage != "after_data"', "return True"),
]
