"""What is measured, a file for each kind. Each gives a section of docs/performance.md and writes its plots."""
