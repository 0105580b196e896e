"""Application entity titles that prove nothing, because programs come with them (PS3.8 9.3.2: a title is whatever somebody has set)."""

from __future__ import annotations

TITLES_OF_TOOLKITS = frozenset(
    {"ECHOSCU", "STORESCU", "FINDSCU", "MOVESCU", "GETSCU", "DCMSEND", "TERMSCU", "DCMQRSCU", "PYNETDICOM", "GDCMSCU", "ANY-SCU"}
)
"""Defaults of dcmtk, dcm4che, pynetdicom and GDCM tools."""
TITLES_OF_PROGRAMS = TITLES_OF_TOOLKITS | frozenset(
    {"STORESCP", "DCMQRSCP", "ANY-SCP", "ANYSCP", "ANYSCU", "ANY", "DCM4CHEE", "ORTHANC", "CONQUESTSRV1", "KPSERVER"}
    | {"OSIRIX", "HOROS", "WEASIS", "WEASIS_AE", "RADIANT", "MICRODICOM", "SANTE", "AETITLE", "AE_TITLE", "DEFAULT"}
)
"""Those, and the defaults of servers and viewers, as their manuals name them: dcmtk, dcm4chee, Orthanc, Conquest, K-PACS, OsiriX, Horos,
Weasis, RadiAnt, MicroDicom, Sante; and what callers write who do not know whom they call."""
