/** The one door to TypeBox, so that another release line can replace it by changing this file alone. */

export { Type, type Static, type TInteger, type TObject, type TProperties, type TString } from '@sinclair/typebox'
