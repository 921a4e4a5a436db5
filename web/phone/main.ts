import { mount } from "svelte";
import App from "./App.svelte";
import "./look.css";

mount(App, { target: document.getElementById("app")! });
if ("serviceWorker" in navigator) void navigator.serviceWorker.register("/phone/worker.js", { scope: "/phone/" });
