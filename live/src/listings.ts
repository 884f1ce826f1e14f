import { connect } from "./client";
const client = connect((words) => console.log(words));
Object.assign(window, { backpropLive: client });
