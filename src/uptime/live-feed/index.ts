export { LiveFeedModule } from './live-feed.module.js';
