output "buckets" {
  description = "Name and ARN of each bucket."
  value       = { for bucket, one in aws_s3_bucket.data : bucket => { name = one.id, arn = one.arn } }
}
