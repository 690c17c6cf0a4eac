import { expect, test } from "vitest";
import { decimalNumber, listOf, nearestName, oneOf, wholeNumber } from "../../../coordinator/options/parse.ts";
import { UserError } from "../../../coordinator/options/userError.ts";

const whole = wholeNumber("--port", { least: 0, most: 65_535, example: 8080 });
const decimal = decimalNumber("--lr", { least: 0, most: 1000, example: 0.1 });

test.each([
  ["0", 0],
  ["65535", 65_535],
  ["007", 7],
])("a whole number is taken: %s", (text, value) => expect(whole(text)).toBe(value));

test.each([
  ["0.05", 0.05],
  ["5e-4", 5e-4],
  [".5", 0.5],
  ["1.", 1],
  ["1000", 1000],
])("a decimal number is taken: %s", (text, value) => expect(decimal(text)).toBe(value));

test.each(["", " ", "-1", "65536", "1.5", "1e3", "0x10", "ten", "NaN", "Infinity", "８"])("--port %j is refused", (text) => {
  expect(() => whole(text)).toThrow(
    new UserError(`--port takes a whole number from 0 to 65535, not "${text}". For example: --port 8080`, { exitCode: 2 }),
  );
});

test.each(["", "-0.1", "1000.1", "0,1", "1e999", "Infinity", "0x1", "1 2", "e5"])("--lr %j is refused", (text) => {
  expect(() => decimal(text)).toThrow(`--lr takes a number from 0 to 1000, not "${text}". For example: --lr 0.1`);
});

const model = oneOf("--model", ["lenet5", "resnet20", "vgg11"]);

test("a name is taken, whatever its case", () => expect(model("ResNet20")).toBe("resnet20"));

test.each([
  ["resnet", '--model takes lenet5, resnet20 or vgg11, not "resnet". Did you mean --model resnet20?'],
  ["lenet", '--model takes lenet5, resnet20 or vgg11, not "lenet". Did you mean --model lenet5?'],
  ["transformer", '--model takes lenet5, resnet20 or vgg11, not "transformer".'],
])("the name %s is refused with the list, and the nearest if one is near", (text, sentence) => {
  expect(() => model(text)).toThrow(new UserError(sentence, { exitCode: 2 }));
});

test.each([
  ["vgg16", ["vgg11", "vgg19"], "vgg11"],
  ["", ["sgd"], undefined],
  ["adam", ["sgd", "adamw"], "adamw"],
  ["x", [], undefined],
])("the name nearest to %j among %j is %j", (text, names, nearest) => expect(nearestName(text, names)).toBe(nearest));

test("lists are spoken", () => {
  expect(listOf(["a"])).toBe("a");
  expect(listOf(["a", "b"])).toBe("a or b");
  expect(listOf(["a", "b", "c"])).toBe("a, b or c");
});
