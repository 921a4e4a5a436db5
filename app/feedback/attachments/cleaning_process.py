"""The process that cleans one attachment: `python -m ... CONTENT_TYPE`, the file on its input, the clean one on its output
and after it, of an image, the 8 bytes of how it looks.

It ends with REFUSED and one line of what was expected, where there is nothing that can be made clean.
"""

import sys

from app.core.apart import REFUSED
from app.feedback.attachments.cleaning import Unclean, clean
from app.feedback.attachments.kinds import KINDS
from app.feedback.attachments.looks import look_of

if __name__ == "__main__":
    try:
        kind = KINDS[sys.argv[1]]
        cleaned = clean(kind, sys.stdin.buffer.read())
        sys.stdout.buffer.write(cleaned + look_of(kind, cleaned))
    except Unclean as refusal:
        sys.stderr.write(str(refusal))
        sys.exit(REFUSED)
