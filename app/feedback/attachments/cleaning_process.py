"""The process that cleans one attachment: `python -m ... CONTENT_TYPE`, the file on its input, the clean one on its output.

It ends with REFUSED and one line of what was expected, where there is nothing that can be made clean.
"""

import sys

from app.core.apart import REFUSED
from app.feedback.attachments.cleaning import Unclean, clean
from app.feedback.attachments.kinds import KINDS

if __name__ == "__main__":
    try:
        sys.stdout.buffer.write(clean(KINDS[sys.argv[1]], sys.stdin.buffer.read()))
    except Unclean as refusal:
        sys.stderr.write(str(refusal))
        sys.exit(REFUSED)
