"""The steps of one forward pass, backward pass and update, unit by unit: their names and their order."""

from backprop.live.scene import Scene

#: The stages, in their order, with what the page calls them.
STAGES = {
    "forward": "Forward",
    "loss": "Loss",
    "output": "Output → hidden",
    "hidden": "Hidden → hidden",
    "weights": "Weight gradients",
    "update": "Update",
}


def units_of(scene: Scene, layer: int) -> range:
    """List the units of a layer by their numbers."""
    return range(scene.starts[layer], scene.starts[layer] + scene.net[layer])


def steps_of(scene: Scene) -> list[str]:
    """Name the steps of one forward pass, backward pass and update.

    Args:
        scene: the scene.

    Returns:
        The names, in order, such as "forward-3" for unit 3.

    Examples:
        >>> from backprop.live.scene import Scene
        >>> from backprop.live.steps import steps_of
        >>> steps_of(Scene(net=(2, 1, 1)))
        ['forward-3', 'forward-4', 'loss', 'output-4', 'hidden-3', 'weights-4', 'weights-3', 'update-2', 'update-1']
    """
    depth = len(scene.net) - 1
    names = [f"forward-{unit}" for layer in range(1, depth + 1) for unit in units_of(scene, layer)]
    names += ["softmax"] if scene.output == "softmax" else []
    names += ["loss", *(f"output-{unit}" for unit in units_of(scene, depth))]
    names += [f"hidden-{unit}" for layer in range(depth - 1, 0, -1) for unit in units_of(scene, layer)]
    names += [f"weights-{unit}" for layer in range(depth, 0, -1) for unit in units_of(scene, layer)]
    return [*names, *(f"update-{layer}" for layer in range(depth, 0, -1))]


def stage_of(name: str) -> str:
    """Tell the stage of a step."""
    return "forward" if name == "softmax" else name.partition("-")[0]


def step_at_unit(scene: Scene, unit: int) -> str:
    """Name the step that belongs to a unit in the stage that is looked at.

    Args:
        scene: the scene.
        unit: the number of the unit.

    Returns:
        The step; the current one if the unit has none.

    Examples:
        >>> from backprop.live.scene import Scene
        >>> from backprop.live.steps import step_at_unit
        >>> step_at_unit(Scene(step="hidden-5"), 7), step_at_unit(Scene(step="weights"), 3)
        ('output-7', 'weights-3')
    """
    names, stage = steps_of(scene), stage_of(scene.step)
    stages = ("hidden", "output") if stage in ("hidden", "output") else ("forward" if stage == "loss" else stage,)
    return next((name for name in (f"{one}-{unit}" for one in stages) if name in names), scene.step)


def at(scene: Scene) -> int:
    """Find the position of the current step, or of the first step of a stage; 0 if there is no such step."""
    names = steps_of(scene)
    found = [i for i, name in enumerate(names) if name == scene.step or stage_of(name) == scene.step]
    return found[0] if found else 0
