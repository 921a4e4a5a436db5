import { mount } from "svelte";
import { router } from "../router.svelte.ts";
import App from "./App.svelte";
import "./look.css";
import { reader } from "./reader.svelte.ts";

router.begin();
mount(App, { target: document.getElementById("app")! });
await reader.begin();
