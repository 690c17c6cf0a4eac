import { connectSession } from "../session/connectSession.ts";
import { startJoinPage } from "./joinPage.ts";

startJoinPage(connectSession);
