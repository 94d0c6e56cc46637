"""Counts its calls from 1 again after a crash, so that an old answer passes for a new one."""

CHECK = "cap_register.cp_memory"
REPLACE = [
    (
        '        number = f"{self.life}.{self.serial}"',
        '        number = f"{self.serial}"',
    ),
]
