"""`python -m monitorspec`."""

from monitorspec.cli import main

main()
