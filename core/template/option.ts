import { z } from "zod";
import { parseTemplate } from "./parse.js";
import { TemplateError } from "./template.js";

/** A template in an option: its text, which was found to be right. A wrong one is a problem of the config, with a caret. */
export function templateText() {
  return z.string().superRefine((text, context) => {
    try {
      parseTemplate(text);
    } catch (error) {
      if (!(error instanceof TemplateError)) throw error;
      context.addIssue({ code: "custom", message: error.message });
    }
  });
}
