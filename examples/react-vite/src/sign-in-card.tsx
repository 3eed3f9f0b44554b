import { useMutation } from "@tanstack/react-query";
import { useState, type SubmitEvent } from "react";
import { describeField } from "./describe-error.ts";
import { DeviceLinkOffer } from "./device-link-offer.tsx";
import { ErrorMessage } from "./error-message.tsx";
import { Field } from "./field.tsx";
import { Link } from "./navigation.tsx";
import { useTRPC } from "./trpc.ts";

const texts = {
  signIn: { title: "Welcome back", action: "Sign in", question: "No account yet?", other: "Create one" },
  signUp: { title: "Create your account", action: "Sign up", question: "Already have an account?", other: "Sign in" },
};

export function SignInCard() {
  const trpc = useTRPC();
  const [mode, setMode] = useState<keyof typeof texts>("signIn");
  const login = useMutation(trpc.auth.login.mutationOptions());
  const signup = useMutation(trpc.auth.signup.mutationOptions());
  const { mutate, isPending, error, reset } = mode === "signIn" ? login : signup;
  const text = texts[mode];

  function submit(event: SubmitEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    mutate({ email: String(form.get("email")), password: String(form.get("password")) });
  }

  function toggle() {
    reset();
    setMode(mode === "signIn" ? "signUp" : "signIn");
  }

  return (
    <main className="page page-centred">
      <div className="brand">
        <img src="/icon.svg" alt="" width="44" height="44" />
        <p>Tasks</p>
      </div>
      <form className="card sign-in" onSubmit={submit} noValidate>
        <h1>{text.title}</h1>
        <Field
          label="E-mail"
          name="email"
          type="email"
          autoComplete="username"
          error={describeField(error, "email")}
          autoFocus
        />
        <Field
          label="Password"
          name="password"
          type="password"
          autoComplete={mode === "signIn" ? "current-password" : "new-password"}
          error={describeField(error, "password")}
        />
        <ErrorMessage error={error} />
        {login.variables && login.error?.data?.reason === "TOO_MANY_WRONG_PASSWORDS" && mode === "signIn" && (
          <DeviceLinkOffer key={login.variables.email} email={login.variables.email} />
        )}
        <button className="button-primary" type="submit" disabled={isPending}>
          {isPending ? "One moment…" : text.action}
        </button>
        {mode === "signIn" && (
          <p className="sign-in-other">
            <Link to="/forgot-password" className="button-link">
              Forgot your password?
            </Link>
          </p>
        )}
        <p className="sign-in-other">
          {text.question}{" "}
          <button className="button-link" type="button" onClick={toggle}>
            {text.other}
          </button>
        </p>
      </form>
      <p className="page-note">Each account is a Durable Object of its own, with its own database.</p>
    </main>
  );
}
