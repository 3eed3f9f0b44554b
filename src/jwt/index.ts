/** Tokens for code outside the app: SSR middleware, other services, scripts. Runs anywhere, and calls no Durable Object. */
export { decodeJwt, getEmailFromToken, isTokenExpired } from "./decode-jwt.js";
export { generateRefreshToken } from "./generate-refresh-token.js";
export { generateAccessToken, generatePasswordResetToken, signJwt } from "./sign-jwt.js";
export { verifyJwt } from "./verify-jwt.js";
export type { GenerateRefreshTokenOptions } from "./generate-refresh-token.js";
export type { JwtError } from "./check-token.js";
export type { JwtClaims, SignJwtOptions } from "./sign-jwt.js";
export type { JwtPayload, VerifiedJwt, VerifyJwtOptions } from "./verify-jwt.js";
export type { JwtPurpose } from "./jwt-purpose.js";
export type { SigningKey, VerifyingKey } from "./jwt-keys.js";
