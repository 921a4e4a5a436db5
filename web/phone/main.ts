import { mount } from "svelte";
import App from "./App.svelte";
import "./look.css";
import { phone } from "./phone.svelte.ts";
import { router } from "../router.svelte.ts";
import { updates } from "./updates.svelte.ts";

router.begin();
mount(App, { target: document.getElementById("app")! });
await phone.load();
phone.begin();
await updates.begin();
