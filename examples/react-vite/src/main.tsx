import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app.tsx";
import "./styles.css";
import "./account/account.css";
import "./organizations/organizations.css";
import "./confirm-dialog.css";
import { UserDOProvider } from "./trpc.ts";

const root = document.getElementById("root");
if (!root) throw new Error("index.html has no element with the id root.");

createRoot(root).render(
  <StrictMode>
    <UserDOProvider>
      <App />
    </UserDOProvider>
  </StrictMode>,
);
