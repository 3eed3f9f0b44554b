import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app.tsx";
import "./styles/base.css";
import "./styles/page.css";
import "./styles/fields.css";
import "./styles/buttons.css";
import "./styles/sign-in.css";
import "./styles/tasks.css";
import "./account/account.css";
import "./account/panels.css";
import "./account/inbox.css";
import "./organizations/organizations.css";
import "./confirm-dialog.css";
import "./offline/offline.css";
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
