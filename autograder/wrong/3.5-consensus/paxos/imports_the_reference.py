"""Takes the course's own classes: they are not there while a submission is graded."""

CHECK = "*"
