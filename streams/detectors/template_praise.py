"""Template praise: short lines of stock enthusiasm that would fit any product.

Bought praise is short, generic, without numbers or blame, and put together from the same few phrases
(Mukherjee et al., "What Yelp fake review filter might be doing?", ICWSM 2013; Lappas, "Fake reviews: the malicious
perspective", NLDB 2012). The head of this name is trained on Russian lines made for that purpose against short
real reviews of the same shops; there is no such set in English, where the machine-text heads stand alone.
"""

from __future__ import annotations

NAME = "template-praise"
