output "vpc_id" {
  description = "The VPC."
  value       = aws_vpc.this.id
}

output "cidr" {
  description = "Address range of the VPC."
  value       = aws_vpc.this.cidr_block
}

output "subnet_ids" {
  description = "Private subnet of each availability zone."
  value       = { for zone, subnet in aws_subnet.private : zone => subnet.id }
}

output "endpoints_security_group_id" {
  description = "Security group of the AWS service endpoints."
  value       = aws_security_group.endpoints.id
}

output "s3_prefix_list_id" {
  description = "Prefix list of S3, for rules of security groups."
  value       = aws_vpc_endpoint.s3.prefix_list_id
}
