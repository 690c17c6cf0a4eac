import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import type { NamedTensor } from "../safetensors.ts";

/*
 * The messages of the ONNX format that a network needs, with the field numbers of onnx.proto (IR version 8).
 * Each function writes one message into its own bytes, which the message around it takes in.
 */

type Message = Uint8Array;

/** An attribute of a node, told apart by its value: an integer, a list of them, or a real number. */
export type Attribute = { readonly int: number } | { readonly ints: readonly number[] } | { readonly float: number };

export interface Node {
  readonly operator: string;
  readonly inputs: readonly string[];
  readonly output: string;
  readonly attributes: Readonly<Record<string, Attribute>>;
}

/** The shape of an input or output; a text stands for a size that is known when the network runs. */
interface Value {
  readonly name: string;
  readonly dimensions: readonly (number | string)[];
}

export interface GraphParts {
  readonly name: string;
  readonly nodes: readonly Node[];
  readonly constants: readonly Message[];
  readonly input: Value;
  readonly output: Value;
}

const IR_VERSION = 8;
const OPERATOR_SET = 17;
const ELEMENT_TYPES = { f32: 1, i64: 7 } as const;
const ATTRIBUTE_TYPES = { float: 1, int: 2, ints: 7 } as const;

/** ModelProto */
export function modelMessage(graph: GraphParts): Message {
  const operators = new Fields().text(1, "").integer(2, OPERATOR_SET).finish();
  return new Fields().integer(1, IR_VERSION).text(2, "tabgrad").message(7, graphMessage(graph)).message(8, operators).finish();
}

/** GraphProto */
function graphMessage({ name, nodes, constants, input, output }: GraphParts): Message {
  const fields = new Fields();
  for (const node of nodes) fields.message(1, nodeMessage(node));
  fields.text(2, name);
  for (const constant of constants) fields.message(5, constant);
  return fields.message(11, valueMessage(input)).message(12, valueMessage(output)).finish();
}

/** NodeProto */
function nodeMessage({ operator, inputs, output, attributes }: Node): Message {
  const fields = new Fields();
  for (const input of inputs) fields.text(1, input);
  fields.text(2, output).text(3, output).text(4, operator);
  for (const [name, attribute] of Object.entries(attributes)) fields.message(5, attributeMessage(name, attribute));
  return fields.finish();
}

/** AttributeProto */
function attributeMessage(name: string, attribute: Attribute): Message {
  const fields = new Fields().text(1, name);
  if ("float" in attribute) return fields.float(2, attribute.float).integer(20, ATTRIBUTE_TYPES.float).finish();
  if ("int" in attribute) return fields.integer(3, attribute.int).integer(20, ATTRIBUTE_TYPES.int).finish();
  for (const int of attribute.ints) fields.integer(8, int);
  return fields.integer(20, ATTRIBUTE_TYPES.ints).finish();
}

/** TensorProto of f32 */
export function tensorMessage({ name, shape, values }: NamedTensor): Message {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength); // little-endian, as ONNX wants it
  return tensorFields(shape, ELEMENT_TYPES.f32, name).bytes(9, bytes).finish();
}

/** TensorProto of int64 */
export function integersMessage(name: string, values: readonly number[]): Message {
  const bytes = new Uint8Array(BigInt64Array.from(values, BigInt).buffer);
  return tensorFields([values.length], ELEMENT_TYPES.i64, name).bytes(9, bytes).finish();
}

function tensorFields(shape: readonly number[], type: number, name: string): Fields {
  const fields = new Fields();
  for (const size of shape) fields.integer(1, size);
  return fields.integer(2, type).text(8, name);
}

/** ValueInfoProto of f32 */
function valueMessage({ name, dimensions }: Value): Message {
  const shape = new Fields();
  for (const size of dimensions) {
    shape.message(1, typeof size === "number" ? new Fields().integer(1, size).finish() : new Fields().text(2, size).finish());
  }
  const tensor = new Fields().integer(1, ELEMENT_TYPES.f32).message(2, shape.finish()).finish();
  return new Fields().text(1, name).message(2, new Fields().message(1, tensor).finish()).finish();
}

/** A message on its way to bytes: fields by number. */
class Fields {
  readonly #writer = new BinaryWriter();

  integer(field: number, value: number): this {
    this.#writer.tag(field, WireType.Varint).int64(value);
    return this;
  }
  float(field: number, value: number): this {
    this.#writer.tag(field, WireType.Bit32).float(value);
    return this;
  }
  text(field: number, value: string): this {
    this.#writer.tag(field, WireType.LengthDelimited).string(value);
    return this;
  }
  bytes(field: number, value: Uint8Array): this {
    this.#writer.tag(field, WireType.LengthDelimited).bytes(value);
    return this;
  }
  message(field: number, value: Message): this {
    return this.bytes(field, value);
  }
  finish(): Message {
    return this.#writer.finish();
  }
}
