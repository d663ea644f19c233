"""What this self-test was built with: the components of the same release, by name."""

from typing import Any

# <data>
#: Version, and a fingerprint of each text a component holds, by operator path.
RELEASE: dict[str, dict[str, Any]] = {}
# </data>
