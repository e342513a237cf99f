"""What tells a compose file that is not called one from other YAML. Source: the compose specification."""

from hardencheck.collect.extract._yaml import Mapping, Node
from hardencheck.lazily import compiled

_TOP = compiled(r"version|name|services|networks|volumes|configs|secrets|include|x-.+|<<")
_OF_A_SERVICE = compiled(
    r"annotations|attach|blkio_config|cap_(?:add|drop)|cgroup(?:_parent)?|command|container_name|configs|cpu\w{0,20}|"
    r"depends_on|deploy|develop|device_cgroup_rules|devices|dns(?:_opt|_search)?|domainname|entrypoint|env_file|environment|"
    r"expose|extends|external_links|extra_hosts|gpus|group_add|healthcheck|hostname|init|ipc|isolation|labels|label_file|links|"
    r"logging|mac_address|mem\w{0,20}|memswap_limit|network_mode|networks|oom_\w{1,20}|pid|pids_limit|platform|ports|"
    r"post_start|pre_stop|privileged|profiles|pull_policy|read_only|restart|runtime|scale|secrets|security_opt|shm_size|"
    r"stdin_open|stop_\w{1,20}|storage_opt|sysctls|tmpfs|tty|ulimits|user|userns_mode|uts|volumes|volumes_from|working_dir|"
    r"x-.+|<<"
)


def has_images(services: Mapping) -> bool:
    """Whether what is called so are services of compose, one of them with an image."""
    nodes = [node for _, node in services.pairs.values()]
    mappings = [node for node in nodes if isinstance(node, Mapping)]
    return len(mappings) == len(nodes) and any({"image", "build"} & node.pairs.keys() for node in mappings)


def looks_composed(document: Node, services: Mapping) -> bool:
    """The same of services that others extend, which have no image: nothing is there that is not of compose."""
    if has_images(services):
        return True
    nodes = [node for _, node in services.pairs.values()]
    return (
        isinstance(document, Mapping)
        and any(isinstance(node, Mapping) and node.pairs for node in nodes)
        and all(_TOP.fullmatch(key) for key in document.pairs)
        and all(isinstance(node, Mapping) and all(map(_OF_A_SERVICE.fullmatch, node.pairs)) for node in nodes)
    )
