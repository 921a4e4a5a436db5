"""The process that looks at one kept image: `python -m ... CONTENT_TYPE`, the file on its input, the 8 bytes of its look on its
output. It ends with REFUSED where the file cannot be opened."""

import sys

from app.core.apart import REFUSED
from app.feedback.attachments.kinds import KINDS
from app.feedback.attachments.looks import look_of

if __name__ == "__main__":
    try:
        sys.stdout.buffer.write(look_of(KINDS[sys.argv[1]], sys.stdin.buffer.read()))
    except Exception:
        sys.stderr.write("an image that can be opened")
        sys.exit(REFUSED)
