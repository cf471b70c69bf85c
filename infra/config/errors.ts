/** The settings file cannot be used; the message names the file and each field that is wrong. */
export class SettingsInvalid extends Error {
  override readonly name = 'SettingsInvalid';
}
