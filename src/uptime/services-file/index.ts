export { servicesProblems } from './read-services.js';
export { ServicesFileModule } from './services-file.module.js';
