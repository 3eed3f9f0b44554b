import { servicesOf, type AccountService, type EmailIndexService } from "../services.js";
import { misplaced } from "./misplaced.js";

/** The account of the user in whose object a call runs. */
export function accountOf(ctx: object): AccountService {
  return servicesOf(ctx)?.account?.() ?? misplaced();
}

/** The index entry of the address in whose object a call runs. */
export function indexOf(ctx: object): EmailIndexService {
  return servicesOf(ctx)?.index?.() ?? misplaced();
}
