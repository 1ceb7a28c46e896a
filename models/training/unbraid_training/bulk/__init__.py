"""A run on a GPU lent by the minute: state in small files, compiled code, plans ahead of time, fused statistics."""
