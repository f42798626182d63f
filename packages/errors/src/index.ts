// The public API of @difsr/errors.
export { allowed, alternativesOf, choicesOf, keysOf, oneOf, type SchemaNode } from './allowed.js';
export { codeOf } from './code.js';
export { describeFaults, DifsrError, type Fault, faultAt } from './fault.js';
export { given } from './given.js';
export { isMissingPackage, MissingPackageError } from './missing-package.js';
export { type ConfigOption, type OptionName, type PlainOption, plainOptions, type Verb } from './names.js';
export { chooseByName, didYouMean, nearestName } from './nearest.js';
export {
  checkOptions,
  needed,
  type NeededRule,
  option,
  type OptionRule,
  type OptionRules,
  optionFaults,
} from './options.js';
export {
  call,
  type Call,
  inCode,
  isPlaceholder,
  joined,
  optionsIn,
  placeholder,
  type Placeholder,
  retold,
  say,
  setting,
  type Setting,
  type Settings,
  type SettingValue,
  type Show,
  text,
  type Text,
  type TextPart,
  together,
} from './text.js';
