/** A function failed: `name` is its errorType, `message` its errorMessage, as Lambda reports them. */
export class FunctionFailed extends Error {
  readonly trace: string[];

  constructor(errorType: string, errorMessage: string, trace: string[]) {
    super(errorMessage);
    this.name = errorType;
    this.trace = trace;
  }
}

/** The API of Lambda or ECS refuses; `name` is the error code on the wire. */
export class RuntimeServiceError extends Error {
  constructor(code: string, message: string) {
    super(message);
    this.name = code;
  }
}

/** A Dockerfile cannot be run as a plain process; the message names the file and the instruction. */
export class ImageUnsupported extends Error {
  override readonly name = 'ImageUnsupported';
}
