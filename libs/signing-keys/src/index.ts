export { accessTokenType, readAccessTokenClaims, type AccessTokenClaims } from './access-token';
export { announceKeySet, readAnnouncedKeySet, type AnnouncedKeySet } from './announced-key-set';
export {
  bearerChallenge,
  malformedRequest,
  refuseBearer,
  type BearerRefusal,
  type BearerRefusalReason,
} from './bearer-refusal';
export { readBearerToken, type BearerToken } from './bearer-token';
export { generateSigningKey, type GeneratedKey } from './generate-signing-key';
export { keyPolicySettings, keySetPollJitter, mintTimeoutSeconds } from './key-policy';
// The ring is a kind of configuration; it is named here too for those who take it together with the keys it seals.
export { keyRing, parseKeyRing, type KeyEncryptionKey, type KeyRing } from '@swfx/config';
export {
  keyStates,
  signingAlgorithms,
  type KeySet,
  type KeySetSignature,
  type KeyState,
  type PublicKey,
  type SigningAlgorithm,
  type StoredKeySet,
} from './key-set';
export { keySetSigner, keySetTrust, trustInRing, type KeySetSigner, type KeySetTrust } from './key-set-trust';
export { prepareKey } from './prepare-key';
export { probeVerifies, signProbe } from './probe-token';
export { publicJwk } from './public-jwk';
export { publishedJwks, verificationKeys, type ImportedKey, type VerificationKey } from './published-jwks';
export { readActiveKey, type ActiveKey } from './read-active-key';
export { readKeySet, readKeySetForUpdate } from './read-key-set';
export { accessTokenPurpose, openPrivateKey, sealPrivateKey, type SealContext, type SealedKey } from './seal';
export { signAccessToken } from './sign-access-token';
export { findForgery, signKeySet, type KeySetForgery } from './sign-key-set';
export { thumbprint } from './thumbprint';
export { cutOff, readCutOffs, readValidFrom, sessionSubject, type CutOffSubject } from './token-cut-off';
export {
  updateKeySet,
  type KeySetChange,
  type KeySetUpdate,
  type KeyTransition,
  type NewKey,
} from './update-key-set';
export {
  claimProblem,
  verifyAccessToken,
  type RefusalReason,
  type TokenVerification,
  type VerifyOptions,
} from './verify-access-token';
export {
  ackCopy,
  forgetSilentVerifiers,
  mergeAcks,
  readAckCopies,
  readVerifiers,
  recordAck,
  withdrawAck,
  type Verifier,
  type VerifierAck,
} from './verifier-ack';
export { verifySigned, type Counterfeit, type SignedVerification, type TokenKind } from './verify-signed';
