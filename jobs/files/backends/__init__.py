"""Where the files of jobs can lie: in a folder, or in a bucket of S3-compatible object storage."""
