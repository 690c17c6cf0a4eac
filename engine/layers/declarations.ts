import type { BatchNormDescriptor, ParameterDescriptor } from "../parameters/descriptor.ts";
import { joinPath } from "./path.ts";

/** Collects the parameters and statistics of a model in PyTorch's order, and gives them their places. */
export class Declarations {
  readonly parameters: ParameterDescriptor[] = [];
  readonly batchNorms: BatchNormDescriptor[] = [];
  parameterElements = 0;
  statisticsElements = 0;

  parameter(path: string, name: string, values: Pick<ParameterDescriptor, "shape" | "layout" | "initial">): void {
    const fullName = joinPath(path, name);
    if (this.parameters.some((other) => other.name === fullName)) {
      throw new Error(`two parameters are called ${fullName}: give the branches of a concat, or the layers, different names`);
    }
    const elements = values.shape.reduce((a, b) => a * b, 1);
    this.parameters.push({ name: fullName, offset: this.parameterElements, elements, ...values });
    this.parameterElements += elements;
  }

  vector(path: string, name: string, channels: number, initial: ParameterDescriptor["initial"]): void {
    this.parameter(path, name, { shape: [channels], layout: { view: [channels] }, initial });
  }

  batchNorm(path: string, channels: number, pixels: number): void {
    this.vector(path, "weight", channels, "ones");
    this.vector(path, "bias", channels, "zeros");
    this.batchNorms.push({ name: path, channels, offset: this.statisticsElements, pixels });
    this.statisticsElements += 2 * channels;
  }
}
