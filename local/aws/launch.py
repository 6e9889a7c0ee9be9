"""Runs MiniStack, and kills it and its Lambda workers when the parent process exits.

Standard input is a pipe from the parent. It closes when the parent exits, even by SIGKILL, so no listening port
remains. This process leads its own process group.
"""

import ctypes
import os
import pathlib
import signal
import sys
import threading
import time


def exit_with_parent() -> None:
    sys.stdin.buffer.read()
    os.killpg(os.getpgrp(), signal.SIGKILL)


threading.Thread(target=exit_with_parent, daemon=True).start()

PR_SET_NO_NEW_PRIVS = 38
if sys.platform == "linux":
    # Functions, which inherit it, gain no rights by programs such as sudo.
    ctypes.CDLL(None).prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)

sys.path.append(str(pathlib.Path(__file__).parents[2] / "common"))

from guard import guarded  # noqa: E402
from ministack import app as server  # noqa: E402  (after the thread has started: this import is slow)
from ministack.services import ec2, s3, scheduler  # noqa: E402
from ministack.services.cloudformation import provisioners  # noqa: E402

# The secret of the run, or that of a session that STS gave out.
server.app = guarded(server.app, s3._resolve_presign_secret)

# Seconds between two sweeps over the schedules; at the default of 10 a schedule fires up to 10 s late.
scheduler._SCHEDULE_TICK_INTERVAL = 1
sweep = scheduler._tick_schedules


def sweep_with_new_schedules() -> None:
    """Fires a new schedule at once, as if it had existed for a minute, instead of at the start of the next minute."""
    for key in list(scheduler._schedules._data):
        scheduler._schedule_last_fired.setdefault(key, time.time() - 60)
    sweep()


scheduler._tick_schedules = sweep_with_new_schedules



def named(name_of):
    """Resources without a part in the local AWS: they deploy, under their name."""
    return {
        "create": lambda logical_id, props, stack_name: (name_of(props), {}),
        "delete": lambda physical_id, props: None,
    }


# Saved queries of Logs Insights.
provisioners._RESOURCE_HANDLERS["AWS::Logs::QueryDefinition"] = named(lambda props: props["Name"])
provisioners._RESOURCE_HANDLERS["AWS::CloudWatch::CompositeAlarm"] = named(lambda props: props["AlarmName"])
# The fleet agent has the stopped instances.
provisioners._RESOURCE_HANDLERS["AWS::AutoScaling::WarmPool"] = named(lambda props: props["AutoScalingGroupName"])


def new_template_version(physical_id, old_props, props, stack_name):
    """A changed launch template is a new version of it, as with CloudFormation, and not a second template."""
    template = ec2._launch_templates[physical_id]
    number = template["LatestVersionNumber"] + 1
    data = props.get("LaunchTemplateData", {})
    newest = {**template["Versions"][-1], "VersionNumber": number, "DefaultVersion": False, "LaunchTemplateData": data}
    template["Versions"].append(newest)
    template["LatestVersionNumber"] = number
    return physical_id, {
        "LaunchTemplateId": physical_id,
        "LaunchTemplateName": template["LaunchTemplateName"],
        "DefaultVersionNumber": str(template["DefaultVersionNumber"]),
        "LatestVersionNumber": str(number),
    }


provisioners._RESOURCE_HANDLERS["AWS::EC2::LaunchTemplate"]["update"] = new_template_version

sys.argv = sys.argv[:1]
server.main()
