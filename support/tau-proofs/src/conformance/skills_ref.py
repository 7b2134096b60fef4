"""The verdict of skills-ref on every folder that is named on standard input, a line each."""

import sys
from pathlib import Path

from skills_ref.validator import validate

for line in sys.stdin:
    folder = Path(line.rstrip("\n"))
    try:
        issues = validate(folder)
    except Exception as error:  # it crashes on what is not UTF-8
        issues = [f"{type(error).__name__}: {error}"]
    print("invalid" if issues else "valid", *[" ".join(issue.split()) for issue in issues], sep="\t")
