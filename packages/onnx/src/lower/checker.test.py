# Checks ONNX files with ONNX's own package, for the tests: `checker.py FILE...` prints one line per file that is wrong.
# Files of a newer operator set than the installed package knows are parsed, and names and order checked by hand.
import math
import sys

import onnx


def reads(node):
    names = [name for name in node.input if name]
    for attribute in node.attribute:
        if attribute.HasField("g"):
            inner = attribute.g
            own = {value.name for value in inner.input} | {name for each in inner.node for name in each.output}
            names += [name for each in inner.node for name in reads(each) if name not in own]
    return names


def check_names(graph, outside=frozenset()):
    known = set(outside) | {value.name for value in graph.input} | {tensor.name for tensor in graph.initializer}
    for node in graph.node:
        for name in reads(node):
            assert name in known, f"{node.op_type} {node.name} reads {name} before it is computed"
        for attribute in node.attribute:
            if attribute.HasField("g"):
                check_names(attribute.g, known)
        for name in node.output:
            assert name not in known, f"{name} is defined twice"
            known.add(name)
    for value in graph.output:
        assert value.name in known, f"output {value.name} is not computed"
    for tensor in graph.initializer:
        size = {onnx.TensorProto.FLOAT: 4, onnx.TensorProto.INT32: 4, onnx.TensorProto.INT64: 8, onnx.TensorProto.BOOL: 1}[tensor.data_type]
        assert len(tensor.raw_data) == size * math.prod(tensor.dims), f"{tensor.name} has {len(tensor.raw_data)} bytes"


newest = onnx.defs.onnx_opset_version()
for path in sys.argv[1:]:
    try:
        model = onnx.load(path)
        opsets = {entry.domain: entry.version for entry in model.opset_import}
        if opsets[""] <= newest and "com.microsoft" not in opsets:
            onnx.checker.check_model(model, full_check=True)
        check_names(model.graph)
    except Exception as error:  # whatever is wrong with one file, the others are checked too
        print(f"{path}: {type(error).__name__}: {error}".replace("\n", " "))
