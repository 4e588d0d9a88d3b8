export { servicesProblems } from './read-services.js';
export { ServicesFile } from './services-file.js';
export { ServicesFileModule } from './services-file.module.js';
export { type ServicesWatch } from './services-watch.js';
