output "instance_id" {
  description = "The machine."
  value       = aws_instance.this.id
}

output "private_ip" {
  description = "Its address in the VPC."
  value       = aws_instance.this.private_ip
}

output "security_group_id" {
  description = "Its security group."
  value       = aws_security_group.this.id
}

output "volume_id" {
  description = "The volume that outlives it."
  value       = aws_ebs_volume.data.id
}
