import { expect, test } from 'vitest';
import { readArguments } from '../../../../infra/local/stack/command.ts';

test('without options the stack keeps its data and compresses waits a hundredfold', () => {
  expect(readArguments([])).toEqual({
    fresh: false,
    timeScale: 0.01,
    thawSeconds: 3,
    profile: 'gpg',
    recipients: 1,
    help: false,
  });
});

test('options are read', () => {
  const args = ['--fresh', '--time-scale', '0', '--thaw-seconds=1.5', '--profile', 'rfc9580', '--recipients', '2'];
  expect(readArguments(args)).toEqual({
    fresh: true,
    timeScale: 0,
    thawSeconds: 1.5,
    profile: 'rfc9580',
    recipients: 2,
    help: false,
  });
});

test.each([
  [['--time-scale', 'fast'], '--time-scale takes a number of at least 0, not "fast"'],
  [['--thaw-seconds=-1'], '--thaw-seconds takes a number of at least 0'],
  [['--recipients', '0'], '--recipients takes a number of at least 1'],
  [['--profile', 'age'], '--profile is gpg or rfc9580, not "age"'],
  [['--frehs'], "Unknown option '--frehs'"],
])('%j is refused', (args, message) => {
  expect(() => readArguments(args)).toThrow(message);
});
