"""What moto accepts and forgets; each was found by a second plan that was not empty."""

from collections.abc import Callable
from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.exceptions import InvalidPermissionNotFoundError, InvalidSecurityGroupRuleIdNotFoundError
from moto.ec2.models.security_groups import SecurityGroupBackend, SecurityGroupRule
from moto.ec2.responses.instances import InstanceResponse
from moto.ecs.responses import EC2ContainerServiceResponse


def _set_monitoring(response: Any, state: str) -> ActionResult:
    found = response.ec2_backend.get_reservations_by_instance_ids(response._get_param("InstanceIds", []))
    instances = [instance for reservation in found for instance in reservation.instances]
    for instance in instances:
        instance.monitoring_state = state
    monitorings = [{"InstanceId": instance.id, "Monitoring": {"State": state}} for instance in instances]
    return ActionResult({"InstanceMonitorings": monitorings})


def monitor_instances(self: Any) -> ActionResult:
    return _set_monitoring(self, "enabled")


def unmonitor_instances(self: Any) -> ActionResult:
    return _set_monitoring(self, "disabled")


InstanceResponse.monitor_instances = monitor_instances  # type: ignore[attr-defined]
InstanceResponse.unmonitor_instances = unmonitor_instances  # type: ignore[attr-defined]


def _keeping_description(initialise: Callable[..., None]) -> Callable[..., None]:
    """A rule towards a group or a prefix list has a description, too."""

    def extended(rule: Any, *given: Any, **named: Any) -> None:
        initialise(rule, *given, **named)
        told = [one.get("Description") for one in (*given, *named.values()) if isinstance(one, dict)]
        rule.double_description = next((text for text in told if text), None)

    return extended


def _keeping_placement(create: Callable[..., Any]) -> Callable[..., Any]:
    """ECS answers what it was told of placement and of rebalancing between zones."""

    def extended(response: Any) -> Any:
        answer = create(response)
        chosen = response._get_param("availabilityZoneRebalancing")
        answer.result["service"].availability_zone_rebalancing = chosen or "ENABLED"
        answer.result["service"].placement_constraints = response._get_param("placementConstraints") or []
        return answer

    return extended


def _naming_unknown_id(revoke: Callable[..., None]) -> Callable[..., None]:
    """A rule id that is gone has an error code of its own: a client that asks a second time takes it for done."""

    def extended(backend: Any, *given: Any, **named: Any) -> None:
        try:
            revoke(backend, *given, **named)
        except InvalidPermissionNotFoundError as error:
            if not named.get("security_rule_ids"):
                raise
            raise InvalidSecurityGroupRuleIdNotFoundError(", ".join(named["security_rule_ids"])) from error

    return extended


for _revoke in ("revoke_security_group_ingress", "revoke_security_group_egress"):
    setattr(SecurityGroupBackend, _revoke, _naming_unknown_id(getattr(SecurityGroupBackend, _revoke)))
SecurityGroupRule.__init__ = _keeping_description(SecurityGroupRule.__init__)  # type: ignore[method-assign]
SecurityGroupRule.description = property(lambda rule: rule.double_description)  # type: ignore[assignment]
EC2ContainerServiceResponse.create_service = _keeping_placement(EC2ContainerServiceResponse.create_service)
