/** A server of the local stack could not be installed: names the part and ends with the last lines of what was run. */
export class InstallFailed extends Error {
  override readonly name = 'InstallFailed';
}

/** A server of the local stack did not become ready: names it, says where its log is, and quotes the log's end. */
export class ServerStartFailed extends Error {
  override readonly name = 'ServerStartFailed';
}

/** A command against a server of the local stack failed. */
export class ServerCommandFailed extends Error {
  override readonly name = 'ServerCommandFailed';
}
