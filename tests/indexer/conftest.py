"""Lets the indexer's tests import the helpers beside them (judgements, query_cases, query_oracle) by name."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
